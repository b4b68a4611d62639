/**
 * Updates of dependencies that try to get more than a frozen lock grants: none may succeed. Long form: `npm run
 * lock-attacks -w @colony/compiler`, 10,000 of them.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorld } from './attacks/capabilities.js';
import { Arena, type Outcome } from './attacks/run.js';
import { attacks } from './attacks/sources.js';

const count = Number(process.env['COLONY_ATTACKS'] ?? 40);
const seed = Number(process.env['COLONY_ATTACK_SEED'] ?? 11);
let world: Awaited<ReturnType<typeof openWorld>>;
let arena: Arena;
beforeAll(async () => {
  world = await openWorld();
  arena = new Arena(world.capabilities);
});
afterAll(() => {
  arena.close();
  world.close();
});

it('the same updates widen grants if the lock is not frozen', async () => {
  const widened: string[] = [];
  for (const attack of fc.sample(attacks(world.capabilities), { seed, numRuns: 12 }))
    widened.push(...(await arena.attack(attack, false)).widened);
  expect(widened.length).toBeGreaterThan(0);
});

it(`of ${count} updates, none widens a grant past a frozen lock (seed ${seed})`, async () => {
  const endings = new Map<string, number>();
  const byWay = new Map<string, Map<string, number>>();
  let reached = 0;
  let done = 0;
  const add = (to: Map<string, number>, key: string) => to.set(key, (to.get(key) ?? 0) + 1);
  const judge = (outcome: Outcome, ways: readonly string[]) => {
    add(endings, outcome.by === undefined ? outcome.ending : `${outcome.ending} by ${outcome.by}`);
    reached += outcome.reached;
    for (const way of ways) {
      if (!byWay.has(way)) byWay.set(way, new Map());
      add(byWay.get(way)!, outcome.ending);
    }
  };
  const property = fc.asyncProperty(attacks(world.capabilities), async (attack) => {
    const outcome = await arena.attack(attack);
    judge(outcome, attack.ways);
    if (++done % 1000 === 0) console.log(`${done} of ${count}`);
    expect(outcome.widened, JSON.stringify(attack, null, 2)).toEqual([]);
  });
  await fc.assert(property, { seed, numRuns: count, endOnFailure: count > 1000 });
  // The run proves nothing if nothing was built, or if no virtine could do anything.
  for (const ending of ['refused by the lock', 'ran']) expect(endings.get(ending), ending).toBeGreaterThan(0);
  expect(reached).toBeGreaterThan(0);
  if (count <= 1000) return;
  const text = (map: Map<string, number>) => [...map].map(([key, n]) => `${key} ${n}`).join(', ');
  console.log(`${count} updates: ${text(endings)}; ${reached} grants of the lock used`);
  for (const [way, map] of [...byWay].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`${way}: ${text(map)}`);
});
