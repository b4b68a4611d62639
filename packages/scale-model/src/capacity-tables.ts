/** The model's tables: assumptions, calls a second, contexts, a rack, pools. */
import { type CallCost, callCost, callsPerSecond, contextsPerGiB, serverCapacity } from './capacity.js';
import {
  HARDWARE,
  HARDWARE_SOURCE,
  LANGUAGES,
  type Language,
  MOST_MACHINES,
  measuredOf,
  microseconds,
  NEEDED,
  RACK,
  scaling,
} from './constants.js';
import type { Lookup } from './digest.js';
import { digits, duration, table } from './markdown.js';
import { type PoolCosts, type PoolRow, poolCosts, poolRows } from './pools.js';

const NAMES: Readonly<Record<Language, string>> = { c: 'C', js: 'JavaScript' };

/** KiB. If the run was too noisy to measure the kernel's memory, that part is left out. */
function memory(figures: Lookup) {
  const whole = figures.find(NEEDED.machine, 'load');
  return {
    idle: figures.median(NEEDED.idle, 'floor'),
    distinct: figures.median(NEEDED.distinct, 'floor'),
    machine: whole?.median ?? figures.median(NEEDED.machineOwn, 'load'),
    machineSource:
      whole === undefined
        ? `load: \`${NEEDED.machineOwn}\`, without the kernel's part: the run was not quiet enough for it`
        : `load: \`${NEEDED.machine}\``,
  };
}

/** Bare entries of this machine and of the published ones. Microseconds. */
function machines(figures: Lookup) {
  const here = { name: 'this machine (software KVM)', entry: figures.median(NEEDED.entry, 'phases') };
  return [
    here,
    ...HARDWARE.map((hardware) => ({ name: hardware.name, entry: microseconds(hardware.entry, hardware) })),
  ];
}

export function assumptionTable(figures: Lookup): string {
  const work = LANGUAGES.map((language) => {
    const { callSync, entry } = measuredOf(figures, language);
    return [
      `work of a null call beyond entry, ${NAMES[language]}`,
      duration(callSync - entry),
      'phases: `callSync` less `c.entry`',
    ];
  });
  const hypercalls = LANGUAGES.map((language) => {
    const { hypercall, hypercallEntry } = measuredOf(figures, language);
    return [
      `work of a hypercall beyond its exit, ${NAMES[language]}`,
      duration(hypercall - hypercallEntry),
      'phases: a tenth of ten, less `c.hypercall`',
    ];
  });
  const uses = LANGUAGES.map((language) => [
    `use made of each further core, ${NAMES[language]}`,
    digits(scaling(figures, language)),
    'load: two threads to one, `callSync`. Assumed to hold for all cores',
  ]);
  const { idle, distinct, machine, machineSource } = memory(figures);
  const rackRows = Object.entries(RACK).map(([name, { value, unit, source }]) => [
    `rack: ${name}`,
    `${digits(value)} ${unit}`,
    source,
  ]);
  return table(
    ['', 'value', 'source'],
    [
      ...work,
      ...hypercalls,
      ...uses,
      ['speed of a core there to one here', '1', 'assumed, for everything but entry and exit'],
      ...HARDWARE.map((hardware) => [
        `bare entry, ${hardware.name}`,
        duration(microseconds(hardware.entry, hardware)),
        HARDWARE_SOURCE,
      ]),
      ['a hypercall leaves the machine for as long as', 'a bare entry', 'assumed; here it is less: see `c.hypercall`'],
      ['idle context', `${digits(idle)} KiB`, 'floor: `memory.same`'],
      ['idle context with a program of its own', `${digits(distinct)} KiB`, 'floor: `memory.distinct`'],
      ['waiting context, its machine included', `${digits(machine)} KiB`, machineSource],
      ['machines that live', `${digits(MOST_MACHINES.value)} ${MOST_MACHINES.unit}`, MOST_MACHINES.source],
      ...rackRows,
    ],
  );
}

export function callTable(figures: Lookup): string {
  const rows = machines(figures).flatMap(({ name, entry }) =>
    LANGUAGES.map((language) => {
      const measured = measuredOf(figures, language);
      const costs = [0, 1, 10].map((count): CallCost => callCost(measured, entry, count));
      const [none] = costs;
      return [
        `${name}, ${NAMES[language]}`,
        duration(entry),
        duration(none?.work ?? Number.NaN),
        ...costs.map((cost) => digits(callsPerSecond(cost))),
      ];
    }),
  );
  return table(['calls a second and core', 'entry', 'work', 'no hypercall', '1', '10'], rows);
}

export function contextTable(figures: Lookup): string {
  const { idle, distinct, machine } = memory(figures);
  const row = (what: string, kib: number) => [what, digits(kib), digits(contextsPerGiB(kib))];
  return table(
    ['contexts', 'KiB each', 'per GiB'],
    [
      row('idle, of one JavaScript program', idle),
      row('idle, each with a program of its own', distinct),
      row('waiting for a host function, its machine included', machine),
    ],
  );
}

export function rackTable(figures: Lookup): string {
  const { idle, machine } = memory(figures);
  const { servers, cores, memory: gib, share, load } = RACK;
  const server = {
    ...{ cores: cores.value, memory: gib.value, share: share.value, load: load.value },
    mostMachines: MOST_MACHINES.value,
  };
  const rows = HARDWARE.map((hardware) => {
    const entry = microseconds(hardware.entry, hardware);
    const capacities = LANGUAGES.map((language) =>
      serverCapacity(
        server,
        callCost(measuredOf(figures, language), entry, 1),
        scaling(figures, language),
        idle,
        machine,
      ),
    );
    const first = capacities[0]!;
    const million = (value: number) => `${digits((value * servers.value) / 1e6)} M`;
    return [
      hardware.name,
      ...capacities.map(({ callsPerSecond }) => million(callsPerSecond)),
      million(first.idleContexts),
      `${million(first.waitingContexts)} (${first.bound})`,
    ];
  });
  return table(
    [
      'a rack, one hypercall a call',
      'C, calls a second',
      'JavaScript, calls a second',
      'idle contexts',
      'waiting contexts, bound by',
    ],
    rows,
  );
}

/** This machine, and a published one of medium speed. */
function pools(figures: Lookup): PoolCosts[] {
  const measured = measuredOf(figures, 'js');
  const shell = memory(figures).machine;
  const hardware = HARDWARE[1]!;
  const entry = microseconds(hardware.entry, hardware);
  const clean = Math.max(0, microseconds(hardware.pooledClean - hardware.pooledApart, hardware));
  const here = {
    ...{ entry: measured.entry, create: figures.median(NEEDED.cold, 'boot'), shell },
    clean: Math.max(0, figures.median('c.hotset16', 'boot') - figures.median('c.pooled.apart', 'boot')),
  };
  return [
    poolCosts('this machine', measured, here),
    poolCosts(hardware.name, measured, { entry, create: microseconds(hardware.create, hardware), clean, shell }),
  ];
}

export function poolTable(rows: readonly PoolRow[]): string {
  const cells = rows.map((row) => [
    `${row.costs}, ${row.pool}`,
    `${digits((100 * row.cold) / row.calls)}%`,
    ...[row.p50, row.p99, row.p999].map((seconds) => duration(seconds * 1e6)),
    digits(row.peakShells),
    digits(row.meanMiB),
    digits(row.peakMiB),
  ]);
  return table(
    [
      'machine, idle shells kept',
      'made on the path',
      'median',
      'p99',
      'p99.9',
      'most shells',
      'MiB, mean',
      'MiB, peak',
    ],
    cells,
  );
}

export const poolResults = (figures: Lookup): PoolRow[] => poolRows(pools(figures));
