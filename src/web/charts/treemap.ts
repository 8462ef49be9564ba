/** The geometry of a treemap: a whole in groups, and each group in what it consists of, by area. ui/partials/treemap.hbs draws it. */
import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import { plotWidths, widthOf } from "./axes.ts";

export interface TreemapPart {
  readonly group: string;
  readonly label: string;
  /** What its name is measured by, where `label` only stands for it. */
  readonly name?: string;
  /** Above 0. */
  readonly value: number;
}

interface Box {
  readonly x: string;
  readonly y: number;
  readonly width: string;
  readonly height: number;
}

export interface TreemapTile extends Box {
  readonly label: string;
  readonly group: string;
  readonly value: number;
  /** Which of the tints is its group's; the last is of all groups that are left. */
  readonly tone: number;
  /** The widths of a chart at which its name fits, and its share below that. */
  readonly namedAt: string;
  readonly sharedAt: string;
}

/** The stylesheet has as many. */
export const tones = 6;
/** Units of the layout, whatever it is stretched to: heights are pixels. */
const layoutWidth = 1000;
export const treemapHeight = 300;
/** Between two of them, in pixels. */
const border = 2;
/** What a name needs around it, and below it for its share. */
const padding = 16;
const shareWidth = widthOf("99.99%");
const nameHeight = 24;
const shareHeight = 40;

interface Node {
  readonly name: string;
  readonly part?: TreemapPart;
  readonly children?: readonly Node[];
}

function nodeOf(parts: readonly TreemapPart[]): Node {
  const groups = [...Map.groupBy(parts, ({ group }) => group)];
  return {
    name: "",
    children: groups.map(([name, members]) => ({
      name,
      children: members.map((part) => ({ name: part.label, part })),
    })),
  };
}

const percentOf = (units: number): string => `${((units / layoutWidth) * 100).toFixed(3)}%`;

/** Largest first, in groups that lie together. Of nothing: none. */
export function treemapTiles(parts: readonly TreemapPart[]): TreemapTile[] {
  const positive = parts.filter(({ value }) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [];
  const root = hierarchy(nodeOf(positive), ({ children }) => children)
    .sum(({ part }) => part?.value ?? 0)
    .sort((left, right) => (right.value ?? 0) - (left.value ?? 0));
  // At the proportions of a desk; squares are a little taller on a phone.
  const laid = treemap<Node>().size([layoutWidth, treemapHeight]).tile(treemapSquarify.ratio(2))(root);
  const order = (laid.children ?? []).map(({ data }) => data.name);
  const across = (units: number): number => Math.min(units, layoutWidth);
  const down = (units: number): number => Math.min(units, treemapHeight);
  return laid.leaves().map(({ data, ...corners }) => {
    const part = data.part!;
    // Beside what is ten billion times as large the layout's rounding leads out of it.
    const [x0, x1] = [across(corners.x0), across(corners.x1)];
    const [y0, y1] = [down(corners.y0), down(corners.y1)];
    const [share, height] = [(x1 - x0) / layoutWidth, y1 - y0];
    const name = widthOf(part.name ?? part.label);
    const at = (text: number, least: number): string =>
      Object.entries(plotWidths)
        .flatMap(([width, pixels]) =>
          share * pixels - border >= text + padding && height - border >= least ? [`at-${width}`] : [],
        )
        .join(" ");
    return {
      label: part.label,
      group: part.group,
      value: part.value,
      tone: Math.min(order.indexOf(part.group), tones - 1),
      x: percentOf(x0),
      y: Math.round(y0 * 100) / 100,
      width: percentOf(x1 - x0),
      height: Math.round(height * 100) / 100,
      namedAt: at(name, nameHeight),
      sharedAt: at(Math.max(name, shareWidth), shareHeight),
    };
  });
}
