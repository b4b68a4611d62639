import { answer } from './answer.mjs';

process.on('message', async (request) => process.send(await answer(request)));
process.on('disconnect', () => process.exit(0));
