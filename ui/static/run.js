// @ts-check
/** Adds the lines of a run's log as they are written. Without this script the log is as of the page's loading. */

const log = document.getElementById("log");

/**
 * @param {string} name
 * @param {string} text
 */
function piece(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

if (log?.dataset.stream) {
  const lines = new EventSource(log.dataset.stream);
  lines.addEventListener("line", (event) => {
    const id = `line-${event.lastEventId}`;
    if (document.getElementById(id)) return; // told again after a reconnection
    const { time, level, asset, message } = JSON.parse(event.data);
    const item = document.createElement("li");
    item.id = id;
    item.className = level;
    const stamp = document.createElement("time");
    stamp.dateTime = time;
    stamp.textContent = time.slice(11, 23);
    item.append(stamp, " ", piece("level", level), " ");
    if (asset) item.append(piece("asset", asset), " ");
    item.append(piece("message", message));
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.append(item);
    document.getElementById("log-empty")?.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  });
  lines.addEventListener("end", () => lines.close());
}
