/** Draws charts as SVG while the report is written, so that the page needs no script. */

import * as vega from 'vega';
import { Error as LogErrors, logger, parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

/**
 * Without a canvas, vega assumes that each character is 0.8 of the font's height wide, and reserves that much room for
 * labels. No usual font is so wide on average: 0.65 has room to spare. (The typings lack the object, its documentation
 * has it.)
 */
interface TextMetrics {
  readonly height: (item: object) => number;
  width: (item: { readonly text?: unknown }, text?: unknown) => number;
}
const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
textMetrics.width = (item, text = item.text) => 0.65 * textMetrics.height(item) * String(text ?? '').length;

/**
 * Okabe and Ito's colours, which people with any kind of colour blindness can distinguish, the faintest last. Yellow is
 * left out, because it is invisible on white.
 */
export const PALETTE = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#8A6D00',
  '#56B4E9',
  '#E69F00',
  '#7F7F7F',
] as const;
export const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'triangle-left',
  'triangle-down',
  'stroke',
  'cross',
] as const;
export const WIDTH = 640;

/** Text and lines use the page's own colour, light or dark. */
const INK = 'currentColor';
const CONFIG: Config = {
  aria: false,
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: {
    ...{ labelColor: INK, titleColor: INK, domainColor: INK, tickColor: INK, gridColor: INK, gridOpacity: 0.12 },
    ...{
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: 'normal',
      labelLimit: 600,
      domainOpacity: 0.4,
      tickOpacity: 0.4,
    },
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 11,
    titleFontSize: 11,
    labelLimit: 420,
    symbolSize: 70,
    symbolOpacity: 1,
  },
  header: { labelColor: INK, titleColor: INK, labelFontSize: 11 },
  view: { stroke: null },
};

/** A chart specification that includes its data. */
export type ChartSpec = TopLevelSpec;

/** @throws Error if vega rejects the specification */
export async function toSvg(spec: ChartSpec): Promise<string> {
  const complaints: string[] = [];
  const listening = logger(LogErrors);
  listening.warn = (...words: unknown[]) => {
    complaints.push(words.join(' '));
    return listening;
  };
  const compiled = compile({ ...spec, config: CONFIG } as ChartSpec, { logger: listening });
  const view = new View(parse(compiled.spec), { renderer: 'none', logger: listening });
  try {
    const svg = await view.toSVG();
    if (complaints.length > 0) throw new Error(`a chart is not as it should be: ${complaints.join('; ')}`);
    return svg;
  } finally {
    view.finalize();
  }
}
