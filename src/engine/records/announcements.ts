/** What `orchestrator_published` carries, but for the run's id. */
export interface Announcement {
  readonly assets: readonly string[];
  readonly partition_column: string | null;
  /** null: everything, or more than fits. */
  readonly partitions: readonly string[] | null;
}

/** NOTIFY takes 7,999 bytes; the run's id and the braces need their share. */
const announcedBytes = 7900;
/** As many bytes of names, whatever the partition values take. */
const nameBytes = 4000;

/** The same in as many announcements as it takes; of more partition values than fit, all are announced. */
export function announcedSeparately({ assets, partition_column, partitions }: Announcement): Announcement[] {
  const parts: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const asset of assets) {
    bytes += Buffer.byteLength(asset) + 4; // quotes, comma, blank
    if (bytes > nameBytes) {
      parts.push([]);
      bytes = Buffer.byteLength(asset) + 4;
    }
    parts.at(-1)!.push(asset);
  }
  return parts.map((part) => {
    const announcement = { assets: part, partition_column, partitions };
    const fits = Buffer.byteLength(JSON.stringify(announcement)) <= announcedBytes;
    return fits ? announcement : { ...announcement, partitions: null };
  });
}
