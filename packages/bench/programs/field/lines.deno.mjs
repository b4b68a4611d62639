// The same for Deno, by its own interface: Node's would be loaded first.
import { answer, lines } from './answer.mjs';

const encoder = new TextEncoder();
const write = async (bytes) => {
  for (let done = 0; done < bytes.length; ) done += await Deno.stdout.write(bytes.subarray(done));
};
const take = lines(async (line) => write(encoder.encode(`${JSON.stringify(await answer(JSON.parse(line)))}\n`)));
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) take(text);
