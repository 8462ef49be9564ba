/** The bytes of a file as text. Pure. */
import { analyse } from "chardet";
import iconv from "iconv-lite";

export interface DecodedFile {
  readonly text: string;
  /** As it is known to people: "UTF-8", "windows-1252". */
  readonly encoding: string;
}

/** What brokers' files come in when they are not in UTF-8; the rest of what is told apart is guesswork on a short text. */
const plausible = new Set([
  ...["windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255"],
  ...["ISO-8859-1", "ISO-8859-2", "ISO-8859-9", "Shift_JIS", "EUC-JP", "EUC-KR", "GB18030", "Big5", "KOI8-R"],
]);

function byMark(bytes: Uint8Array): string | null {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "UTF-8";
  if (first === 0xff && second === 0xfe) return "UTF-16LE";
  if (first === 0xfe && second === 0xff) return "UTF-16BE";
  return null;
}

/** Latin text in UTF-16 without a mark: every other byte is nought. */
function byNoughts(bytes: Uint8Array): string | null {
  const start = bytes.subarray(0, 1000);
  const noughts = (offset: number) =>
    start.filter((byte, index) => index % 2 === offset && byte === 0).length;
  const most = start.length * 0.3;
  if (noughts(1) > most && noughts(0) === 0) return "UTF-16LE";
  return noughts(0) > most && noughts(1) === 0 ? "UTF-16BE" : null;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** By statistics, of the start alone: on a few accented letters they err, so the West's code page stands before others. */
function byStatistics(bytes: Uint8Array): string {
  const guesses = analyse(bytes.subarray(0, 20_000)).filter(({ name }) => plausible.has(name));
  const best = guesses[0];
  if (!best || best.name === "ISO-8859-1" || best.confidence < 60) return "windows-1252";
  return best.name;
}

/** Whatever it is encoded in; a byte that means nothing in it becomes U+FFFD, and one that is nought is left out: no text has it. */
export function decodeFile(bytes: Uint8Array): DecodedFile {
  const encoding = byMark(bytes) ?? byNoughts(bytes) ?? (isUtf8(bytes) ? "UTF-8" : byStatistics(bytes));
  return { text: iconv.decode(Buffer.from(bytes), encoding).replaceAll("\0", ""), encoding };
}
