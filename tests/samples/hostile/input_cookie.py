# input: an encoding in which the text says something else -*- coding: utf-7 -*-
x = "+AAo-import os+AAo-os._exit(0)"
