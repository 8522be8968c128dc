"use strict";
const state = document.getElementById("state");
const events = new EventSource(state.dataset.events);
events.onmessage = (event) => {
  const news = JSON.parse(event.data);
  for (const row of news.rows) {
    const line = document.getElementById("u" + row.user);
    if (!line) continue;
    const name = line.cells[0].textContent;
    const inner = document.createElement("bdi");
    inner.textContent = name;
    if (row.attempt) {
      const link = document.createElement("a");
      link.href = "/s/" + row.attempt;
      link.append(inner);
      line.cells[0].replaceChildren(link);
    }
    line.cells[1].textContent = row.attempts;
    line.cells[2].textContent = row.score;
    line.cells[3].textContent = row.state;
    line.cells[3].className = row.errors ? "bad" : "";
  }
  state.textContent = news.text;
};
