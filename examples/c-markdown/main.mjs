import { configure, dispose, render } from './markdown.mjs';

configure({ backend: process.argv[2] ?? 'auto' });
try {
  console.log(
    await render(`
# A comment

| who   | says             |
|-------|------------------|
| Anna  | *yes*, \`really\`  |
| Eve   | <script>no</script> |

1. one
2. ~~two~~
`),
  );
  // Each step in costs the parser stack or heap: what it has is its own.
  const deep = await render(`${'> '.repeat(100_000)}deep`).then(
    (html) => `${html.match(/<blockquote>/g)?.length} quotes in each other`,
    (error) => error.code,
  );
  console.log('100,000 quotes in each other:', deep);
  console.log(await render('and *so on*'));
} finally {
  await dispose();
}
