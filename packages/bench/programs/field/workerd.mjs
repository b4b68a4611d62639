import { answer } from './answer.mjs';

export default {
  async fetch(request) {
    return Response.json(await answer(await request.json()));
  },
};
