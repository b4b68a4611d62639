/** One kvm call at every depth: through core, through the backend's instance, and through the addon alone. */
import type { NativeSnapshot } from '@colony/backend-kvm/native';
import { type Backend, DEFAULT_LIMITS, js, loadBackend, type Program } from '@colony/core';
import { encodeReply } from '@colony/core/frames';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { LANGUAGE_TEXT } from '../cells.js';
import { Contexts, cProgram } from '../contexts.js';
import { Guests, limitsOf } from '../floor/addon.js';
import { spec } from '../spec.js';
import { addonSamplers, javascriptSnapshot } from './addon.js';
import { callFrame, openInstance, request } from './instance.js';

const CODEC = { maxBytes: 2 ** 20, maxDepth: 64, allowance: 2 ** 20 };
const ASKS = 10;
const ASKING = 'export function ask(times) { for (let i = 0; i < times; i++) host.ping(); }';

interface Language {
  readonly name: string;
  readonly title: string;
  readonly nothing: Program;
  readonly asks: Program;
  snapshot(
    guests: Guests,
    hypervisor: ReturnType<Guests['hypervisor']>,
    which: 'nothing' | 'asks',
  ): Promise<NativeSnapshot>;
}

const nothing = js`export function nothing() {}`;
const asks = js(ASKING);
const LANGUAGES: readonly Language[] = [
  {
    ...{ name: 'kvm.c', title: LANGUAGE_TEXT.c, nothing: cProgram('null.c'), asks: cProgram('asks.c') },
    snapshot: (guests, hypervisor, which) => guests.boot(hypervisor, which === 'asks' ? 'asks.c' : 'null.c'),
  },
  {
    ...{ name: 'kvm.js', title: LANGUAGE_TEXT.js, nothing, asks },
    snapshot: (_, hypervisor, which) => javascriptSnapshot(hypervisor, which === 'asks' ? asks : nothing),
  },
];

const addonTexts = (nothing: string): Readonly<Record<string, string>> => ({
  sync: `run of ${nothing} by the native addon alone, on the calling thread`,
  async: `run (asynchronous) of ${nothing} by the native addon alone, on another thread`,
  wall: `wall time that the hypervisor reports for a run of ${nothing}`,
  cpu: `CPU time in KVM_RUN that the hypervisor reports for a run of ${nothing}`,
  around: `run of ${nothing}, less its wall time: arguments, result, cleaning`,
  kept: `run of ${nothing} in kept state, less its wall time: arguments, result`,
  crossing: 'call of a native addon function that does nothing, for scale',
});

function specsOf({ name, title }: Language): Spec[] {
  const nothing = `a ${title} function that does nothing`;
  const none = `a ${title} function that may make hypercalls and makes none`;
  const ten = `a ${title} function that makes ${ASKS} hypercalls`;
  const boundary = 'virtual machine';
  return [
    spec(`${name}.callSync`, `callSync of ${nothing}, in a virtine, fresh`, [], { boundary }),
    spec(`${name}.call`, `call (asynchronous) of ${nothing}, in a virtine, fresh`, [], { boundary }),
    spec(`${name}.instance.sync`, `run of ${nothing} by the kvm backend's instance, without core`),
    spec(`${name}.instance.async`, `run (asynchronous) of ${nothing} by the kvm backend's instance, without core`),
    ...Object.entries(addonTexts(nothing)).map(([part, what]) => spec(`${name}.addon.${part}`, what)),
    spec(`${name}.hypercalls0`, `callSync of ${none}, in a virtine`),
    spec(`${name}.hypercalls10`, `callSync of ${ten}, in a virtine`),
    spec(`${name}.addon.hypercalls0`, `run of ${none} by the native addon alone`),
    spec(`${name}.addon.hypercalls10`, `run of ${ten} by the native addon alone, with a ready reply`),
  ];
}

async function throughCore({ name, nothing, asks }: Language, contexts: Contexts): Promise<Record<string, Sampler>> {
  const plain = await contexts.create({ program: nothing });
  const hypercalls = { ping: () => undefined };
  const asking = await contexts.create({ program: asks, hypercalls, policy: { hypercalls: { ping: true } } });
  return {
    [`${name}.callSync`]: timed(() => plain.callSync('nothing')),
    [`${name}.call`]: timedAsync(() => plain.call('nothing')),
    [`${name}.hypercalls0`]: timed(() => asking.callSync('ask', 0)),
    [`${name}.hypercalls10`]: timed(() => asking.callSync('ask', ASKS)),
  };
}

async function byAddon(language: Language, guests: Guests): Promise<Record<string, Sampler>> {
  const hypervisor = guests.hypervisor({ warm: 8, spares: 0 });
  const parts = addonSamplers(hypervisor, await language.snapshot(guests, hypervisor, 'nothing'));
  const asks = await language.snapshot(guests, hypervisor, 'asks');
  const limits = limitsOf(DEFAULT_LIMITS.memory);
  const reply = () => encodeReply(undefined, CODEC);
  const ask = (times: number) => {
    const input = callFrame('ask', times);
    return timed(() => hypervisor.runSync(asks, input, limits, 0, reply));
  };
  const named = Object.entries(parts).map(([part, sampler]) => [`${language.name}.addon.${part}`, sampler] as const);
  return {
    ...Object.fromEntries(named),
    [`${language.name}.addon.hypercalls0`]: ask(0),
    [`${language.name}.addon.hypercalls10`]: ask(ASKS),
  };
}

export const kvmCalls: Group = {
  name: 'kvm at every depth',
  specs: LANGUAGES.flatMap(specsOf),
  async open() {
    const contexts = new Contexts();
    const kvm = await loadBackend('kvm');
    const guests = await Guests.open();
    const samplers: Record<string, Sampler | Error> = {};
    const backends: Backend[] = [];
    for (const language of LANGUAGES) {
      const { backend, instance } = await openInstance(kvm, language.nothing);
      backends.push(backend);
      Object.assign(samplers, await throughCore(language, contexts), await byAddon(language, guests), {
        [`${language.name}.instance.sync`]: timed(() => instance.runSync!(request())),
        [`${language.name}.instance.async`]: timedAsync(() => instance.run(request())),
      });
    }
    return {
      samplers,
      async close() {
        await contexts.close();
        guests.close();
        await Promise.all(backends.map((backend) => backend.dispose()));
      },
    };
  },
};
