export { escapeHtml } from './escape.js';
export { graphOf } from './graph.js';
export { type Answer, type Page, pageOf, type Section } from './page.js';
export { type Cell, type Row, type Table, tableOf, textOf } from './table.js';
