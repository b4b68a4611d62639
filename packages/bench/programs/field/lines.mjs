// For a Node process with nothing but its input and output.
import { answer, lines } from './answer.mjs';

const reply = async (line) => process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
process.stdin.setEncoding('utf8').on('data', lines(reply));
