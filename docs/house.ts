/**
 * Draws the house of the sources from their imports: every folder is a box above all that it imports. `npm run docs`
 * writes the picture to docs/design/house.svg.
 */
import type { EChartsOption } from 'echarts';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { themes } from '../charts/index.ts';
import { renderSvg } from '../charts/render.ts';

export const HOUSE = 'docs/design/house.svg';

const root = path.join(import.meta.dirname, '..');
const ground = ['base', 'numerics'];
/** Folders that look at parts of all others, and folders without sources of the program. */
const outside = new Set(['bench', 'docs', 'test', 'node_modules', 'build', 'dist', 'results', 'runs']);
/** The door of the package is drawn as a room. */
const door = 'index.ts';

const [BOX_WIDTH, BOX_HEIGHT, FLOOR_HEIGHT, GAP, MARGIN, WIDTH] = [116, 34, 76, 22, 24, 760];
const { light } = themes;

/** What a room imports, types alone (`true`) or more. */
type Imports = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** A room, or the place where a long arrow passes a floor. */
interface Place {
  readonly room: string | null;
  readonly below: Place[];
  readonly above: Place[];
  x: number;
}

interface Arrow {
  readonly way: readonly Place[];
  readonly isOfTypes: boolean;
}

export async function drawHouse(): Promise<string> {
  const imports = essential(readImports());
  const levels = levelsOf(imports);
  const { floors, arrows } = arrange(imports, levels);
  const height = 2 * MARGIN + (floors.length + 1) * FLOOR_HEIGHT - (FLOOR_HEIGHT - BOX_HEIGHT) + 24;
  const yOf = (place: Place): number =>
    MARGIN + (floors.length - 1 - floors.findIndex((floor) => floor.includes(place))) * FLOOR_HEIGHT;
  const groundY = MARGIN + floors.length * FLOOR_HEIGHT;
  const graphic = [
    ...arrows.flatMap((arrow) => drawArrow(arrow, yOf)),
    ...floors.flat().flatMap((place) => (place.room === null ? [] : drawBox(place.room, place.x, yOf(place)))),
    rectangle(MARGIN, groundY, WIDTH - 2 * MARGIN, BOX_HEIGHT, light.line, light.mutedText),
    words(`${ground.join(' + ')}: every folder may import from here`, WIDTH / 2, groundY + BOX_HEIGHT / 2, 14),
    words(
      'An arrow is an import; a dashed one imports types alone. Imports that follow from other arrows are left out.',
      WIDTH / 2,
      height - MARGIN + 4,
      12,
    ),
  ];
  const option = { animation: false, backgroundColor: light.background, graphic } as EChartsOption;
  return renderSvg(option, { width: WIDTH, height }, 'The folders of the sources, each above the folders it imports');
}

function readImports(): Imports {
  const isRoom = (name: string): boolean => !outside.has(name) && !ground.includes(name) && !name.startsWith('.');
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && isRoom(entry.name),
  );
  const rooms = new Map<string, Map<string, boolean>>();
  for (const room of [...folders.map(({ name }) => name), door].toSorted()) {
    const files = room === door ? [door] : sourcesOf(room);
    const found = new Map<string, boolean>();
    for (const file of files) {
      for (const [, type, target] of readFileSync(path.join(root, file), 'utf8').matchAll(importPattern)) {
        const [other] = path.relative(root, path.resolve(root, path.dirname(file), target)).split(path.sep);
        if (other !== room && isRoom(other)) found.set(other, type !== undefined && found.get(other) !== false);
      }
    }
    if (files.length > 0) rooms.set(room, new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  }
  return rooms;
}

/** Imports and re-exports, `type` before those of types alone. */
const importPattern = /(?:^(?:import|export)(?: (type))? [^;]*?from |\bimport\()\s*'(\.[^']+)'/gm;

const sourcesOf = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => path.join(folder, name));

/** Without the imports that follow from others: of what an imported room imports nothing need be said again. */
function essential(imports: Imports): Imports {
  const reaches = (from: string, to: string, byTypes: boolean): boolean =>
    [...imports.get(from)!].some(
      ([next, isOfTypes]) => (byTypes || !isOfTypes) && (next === to || reaches(next, to, byTypes)),
    );
  const withoutDetours = (targets: ReadonlyMap<string, boolean>): Map<string, boolean> =>
    new Map(
      [...targets].filter(
        ([target, isOfTypes]) =>
          ![...targets].some(([next, alone]) => (isOfTypes || !alone) && reaches(next, target, isOfTypes)),
      ),
    );
  return new Map([...imports].map(([room, targets]) => [room, withoutDetours(targets)]));
}

/** The floor of each room: above all that it imports, and as near to those that import it as can be. */
function levelsOf(imports: Imports): Map<string, number> {
  const lowest = (room: string): number =>
    Math.max(-1, ...[...imports.get(room)!.keys()].map((target) => lowest(target))) + 1;
  const levels = new Map<string, number>();
  const byHeight = [...imports.keys()].toSorted((a, b) => lowest(b) - lowest(a));
  for (const room of byHeight) {
    const importers = [...imports].filter(([, targets]) => targets.has(room)).map(([name]) => levels.get(name)! - 1);
    levels.set(room, importers.length > 0 ? Math.min(...importers) : lowest(room));
  }
  return levels;
}

/** Puts rooms side by side so that few arrows cross, as Sugiyama, Tagawa and Toda do (1981): by means of neighbours. */
function arrange(imports: Imports, levels: ReadonlyMap<string, number>): { floors: Place[][]; arrows: Arrow[] } {
  const floors: Place[][] = Array.from({ length: Math.max(...levels.values()) + 1 }, () => []);
  const put = (room: string | null, level: number): Place => {
    const place: Place = { room, below: [], above: [], x: floors[level].length };
    floors[level].push(place);
    return place;
  };
  const rooms = new Map([...levels].map(([room, level]) => [room, put(room, level)]));
  const arrows = [...imports].flatMap(([room, targets]) =>
    [...targets].map(([target, isOfTypes]): Arrow => {
      const way = [rooms.get(room)!];
      for (let level = levels.get(room)! - 1; level > levels.get(target)!; level -= 1) way.push(put(null, level));
      way.push(rooms.get(target)!);
      for (const [i, place] of way.slice(1).entries()) {
        place.above.push(way[i]);
        way[i].below.push(place);
      }
      return { way, isOfTypes };
    }),
  );
  for (const floor of floors) spread(floor);
  for (let sweep = 0; sweep < 24; sweep += 1) {
    for (const floor of sweep % 2 === 0 ? floors : floors.toReversed()) {
      for (const place of floor) {
        const seen = sweep % 2 === 0 ? place.below : place.above;
        if (seen.length > 0) place.x = seen.reduce((sum, { x }) => sum + x, 0) / seen.length;
      }
      floor.sort((a, b) => a.x - b.x);
      spread(floor);
    }
  }
  centre(floors.flat());
  return { floors, arrows };
}

/** Moves places apart that are too near, and the floor as a whole into the picture. */
function spread(floor: readonly Place[]): void {
  const half = ({ room }: Place): number => (room === null ? 8 : BOX_WIDTH / 2);
  const wanted = floor.reduce((sum, { x }) => sum + x, 0) / floor.length;
  for (const [i, place] of floor.entries()) {
    if (i > 0) place.x = Math.max(place.x, floor[i - 1].x + half(floor[i - 1]) + GAP + half(place));
  }
  const shift = wanted - floor.reduce((sum, { x }) => sum + x, 0) / floor.length;
  const [first, last] = [floor[0], floor.at(-1)!];
  const least = MARGIN + half(first) - first.x;
  const most = WIDTH - MARGIN - half(last) - last.x;
  for (const place of floor) place.x += Math.max(least, Math.min(most, shift));
}

function centre(places: readonly Place[]): void {
  const across = places.map(({ x }) => x);
  const shift = (WIDTH - Math.min(...across) - Math.max(...across)) / 2;
  for (const place of places) place.x += shift;
}

function drawArrow({ way, isOfTypes }: Arrow, yOf: (place: Place) => number): object[] {
  const points = way.flatMap((place, i) => {
    const y = yOf(place);
    if (i === 0) return [[place.x, y + BOX_HEIGHT]];
    if (i === way.length - 1) return [[place.x, y - 2]];
    return [y, y + BOX_HEIGHT].map((side) => [place.x, side]);
  });
  const [[fromX, fromY], [toX, toY]] = points.slice(-2);
  const turn = Math.atan2(toY - fromY, toX - fromX);
  const corner = (side: number): number[] => [toX - 9 * Math.cos(turn + side), toY - 9 * Math.sin(turn + side)];
  return [
    {
      type: 'polyline',
      shape: { points },
      style: { stroke: light.series.at(-1)!, lineWidth: 1.3, fill: 'none', lineDash: isOfTypes ? [5, 4] : null },
    },
    {
      type: 'polygon',
      shape: { points: [[toX, toY], corner(0.4), corner(-0.4)] },
      style: { fill: light.series.at(-1)! },
    },
  ];
}

const drawBox = (room: string, x: number, y: number): object[] => [
  rectangle(x - BOX_WIDTH / 2, y, BOX_WIDTH, BOX_HEIGHT, light.tint[0], light.series[0]),
  words(room, x, y + BOX_HEIGHT / 2, 14),
];

const rectangle = (x: number, y: number, width: number, height: number, fill: string, stroke: string): object => ({
  type: 'rect',
  shape: { x, y, width, height, r: 5 },
  style: { fill, stroke, lineWidth: 1.2 },
});

const words = (text: string, x: number, y: number, size: number): object => ({
  type: 'text',
  style: {
    text,
    x,
    y,
    align: 'center',
    verticalAlign: 'middle',
    fontSize: size,
    fill: light.text,
    fontFamily: light.font,
  },
});
