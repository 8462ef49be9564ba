// @ts-check
/**
 * Adds the lines of a run's log as they are written, and follows them while the reader is at the end; who has scrolled
 * back is told how many came. Without this script the log is as of the page's loading.
 */
import { t } from "./messages.js";

const log = document.getElementById("log");
const follow = document.getElementById("log-follow");
let unseen = 0;

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

const isAtEnd = () => !log || log.scrollTop + log.clientHeight >= log.scrollHeight - 4;

function showUnseen() {
  if (!follow) return;
  if (isAtEnd()) unseen = 0;
  follow.hidden = unseen === 0;
  follow.textContent = t("{lines, plural, one {# new line} other {# new lines}}", { lines: unseen });
}

function toEnd() {
  if (log) log.scrollTop = log.scrollHeight;
  showUnseen();
}

if (log?.dataset.stream) {
  toEnd();
  follow?.addEventListener("click", toEnd);
  log.addEventListener("scroll", showUnseen);
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
    item.append(
      stamp,
      " ",
      piece("level", level),
      " ",
      piece("asset", asset ?? t("run")),
      " ",
      piece("message", message),
    );
    const wasAtEnd = isAtEnd();
    log.append(item);
    document.getElementById("log-empty")?.remove();
    unseen++;
    if (wasAtEnd) toEnd();
    else showUnseen();
  });
  lines.addEventListener("end", () => lines.close());
}
