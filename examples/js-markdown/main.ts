import { configure, virtine } from '@colony/compiler/runtime';
import { marked } from 'marked';

configure({ backend: process.argv[2] ?? 'auto', limits: { wallTime: '5 s', memory: '32 MiB' } });

const render = virtine((text: string) => marked.parse(text, { async: false }));

console.log(
  await render(`
# A comment

| who   | says             |
|-------|------------------|
| Anna  | *yes*, \`really\`  |

1. one
2. [two](https://example.org "a place")
`),
);
await render.dispose();
