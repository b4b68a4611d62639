import { configure, virtine } from '@colony/compiler/runtime';
import { marked } from 'marked';

configure({ backend: process.argv[2] ?? 'auto' });

const render = virtine((text: string) => marked.parse(text, { async: false }), { limits: { wallTime: '5 s' } });

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
