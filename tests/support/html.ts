/** A page as a browser reads it: without the line ends that templates have beside tags and in them. */
export function asRead(html: string): string {
  return html.replaceAll(
    /<(pre|textarea)\b.*?<\/\1>|<[^>]*>|\s*\n\s*/gs,
    (piece, preserved: string | undefined, offset: number) => {
      if (preserved) return piece;
      if (piece.startsWith("<")) return piece.replaceAll(/\s+/g, " ").replace(/ (?=\/?>$)/, "");
      return html[offset - 1] === ">" || html[offset + piece.length] === "<" ? "" : " ";
    },
  );
}

/** What came: a page as a browser reads it, anything else as it is. */
export async function textOf(response: Response): Promise<string> {
  const text = await response.text();
  return response.headers.get("Content-Type")?.startsWith("text/html") ? asRead(text) : text;
}
