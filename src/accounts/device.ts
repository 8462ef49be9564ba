// Browsers name their ancestors too: the first that matches is the browser itself.
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

export interface DeviceParts {
  readonly browser?: string | undefined;
  readonly system?: string | undefined;
  /** Of what is no browser: its own first words. */
  readonly program?: string | undefined;
}

export function deviceParts(userAgent: string | null): DeviceParts {
  if (!userAgent) return {};
  const nameIn = (names: typeof browsers) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = nameIn(browsers);
  if (browser === undefined) return { program: userAgent.split(" ")[0]!.slice(0, 60) };
  return { browser, system: nameIn(systems) };
}

/** What a person recognises a session by: "Firefox on Windows"; for a program its own first words. */
export function deviceName(userAgent: string | null): string {
  const { browser, system, program } = deviceParts(userAgent);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? program ?? "Unknown device";
}
