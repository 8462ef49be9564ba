/** A text as a QR code. */

/** For an SVG whose unit is a module of the code: its size, the quiet zone of four around it included, and the dark modules as a path. */
export interface QrCode {
  readonly size: number;
  readonly path: string;
}

export async function qrCode(text: string): Promise<QrCode> {
  const { encode } = await import("uqr"); // loaded when needed
  const { data, size } = encode(text, { border: 4 });
  const modules = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  return { size, path: modules.join("") };
}
