/** Texts that have stopped programs, of whatever length is asked for. */
const repeated = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

export const hostileTexts: Readonly<Record<string, (length: number) => string>> = {
  digits: (length) => repeated("9", length),
  "digits and a letter": (length) => `${repeated("9", length - 1)}x`,
  points: (length) => repeated("1.", length),
  brackets: (length) => repeated("(", length),
  "nested JSON": (length) => repeated("[", length / 2) + repeated("]", length / 2),
  "nested objects": (length) => repeated('{"a":', length),
  stars: (length) => `${repeated("*", length - 1)}Z`,
  quotes: (length) => repeated('"', length),
  commas: (length) => repeated("a,", length),
  "plus signs": (length) => repeated("+a", length),
  NULs: (length) => repeated("a\0", length),
  "half characters": (length) => repeated("\ud800", length),
  "a name of every object": () => "__proto__",
  "another name of every object": () => "hasOwnProperty",
  "names of every object": (length) => repeated("constructor.", length),
  accents: (length) => `a${repeated("\u0301", length / 2)}`,
  blanks: (length) => `a${repeated(" ", length - 2)}b`,
  lines: (length) => repeated("a\n", length),
  email: (length) => `a@${repeated("a.", length - 3)}!`,
  dates: (length) => repeated("2024-01-05", length),
  folders: (length) => repeated("../", length),
  markup: (length) => repeated("<a>{{", length),
  percents: (length) => repeated("%", length),
  pattern: (length) => `${repeated("a", length - 1)}!`,
};
