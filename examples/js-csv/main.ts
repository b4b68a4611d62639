import { configure, virtine } from '@colony/compiler/runtime';
import { parse } from 'csv-parse/browser/esm/sync';

configure({ backend: process.argv[2] ?? 'auto' });

type Row = Record<string, string>;

/** Rows of a file that somebody uploads, by the names in its first line. */
const rows = virtine(
  (text: string, delimiter: string): Row[] =>
    parse(text, { columns: true, delimiter, skip_empty_lines: true, trim: true }),
  { limits: { wallTime: '5 s', memory: '64 MiB' } },
);

console.log(await rows('name;price;note\nseeds;3.5;"12; a dozen"\npot;12;"with\na line"\n', ';'));
await rows('name,price\nseeds,3\n"open,1\n', ',').catch((error) => console.log(error.code, error.message));
await rows.dispose();
