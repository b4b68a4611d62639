/** A drawing in a frame that can be moved, zoomed and searched. */
import { GraphView } from './browser/graph-view.js';

export const GRAPH_CLASS = 'graph';

/** The class has no imports, so its text works in the page by itself. */
export const GRAPH_SCRIPT = `'use strict';
const GraphView = ${GraphView};
for (const frame of document.querySelectorAll('.${GRAPH_CLASS}')) new GraphView(frame);
`;

/**
 * @param svg One `svg` element with a `viewBox`. Its nodes are `g` elements of the class `node`, each with a `title`,
 *   which is what the search reads. Its root is in the upper left corner, where the view opens.
 */
export const graphOf = (svg: string): string => `<div class="${GRAPH_CLASS}">${svg}</div>`;
