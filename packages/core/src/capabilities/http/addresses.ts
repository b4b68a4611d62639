/**
 * Decides which addresses the host of a granted origin may have. A name's owner chooses its address and may change it a
 * second later. So the address itself is decided, and the connection goes to that address.
 */
import { BlockList, isIP } from 'node:net';

/** Addresses of this machine. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** Addresses of networks outside the Internet: private ones, carriers' (CGNAT), and IPv6's unique local ones (ULA). */
const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
/** Addresses that belong to no host, or that a name should not lead to; from IANA's special-purpose registries. */
const SPECIAL = [
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // Teredo and other assignments, documentation, 6to4. Teredo and 6to4 addresses carry an IPv4 address, so their
  // destination is unknown.
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
  // Cloud metadata services (AWS, Alibaba, Azure) outside these ranges. They hand out credentials.
  ...['fd00:ec2::254/128', '100.100.100.200/32', '168.63.129.16/32'],
];
/** IPv6 that is public unless it is special. The last two (mapped; NAT64) carry an IPv4 address, which decides. */
const GLOBAL = ['2000::/3', '::ffff:0:0/96', '64:ff9b::/96'];

function ranges(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network, bits] = subnet.split('/') as [string, string];
    if (isIP(network) === 6) list.addSubnet(network, Number(bits), 'ipv6');
    else {
      list.addSubnet(network, Number(bits), 'ipv4');
      for (const carrier of ['::ffff:', '64:ff9b::']) {
        // In Bun 1.3, a mapped subnet of one address matches any IPv4 address.
        if (bits === '32') list.addAddress(carrier + network, 'ipv6');
        else list.addSubnet(carrier + network, 96 + Number(bits), 'ipv6');
      }
    }
  }
  return list;
}

const [loopback, own, special, global] = [LOOPBACK, PRIVATE, SPECIAL, GLOBAL].map(ranges) as [
  BlockList,
  BlockList,
  BlockList,
  BlockList,
];

export type AddressKind = 'loopback' | 'private' | 'public' | 'special';

/** Returns the kind of an IP address. An invalid address, or one with a zone, is special. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return 'special';
  const is = (list: BlockList) => list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  if (is(special)) return 'special';
  if (is(loopback)) return 'loopback';
  if (is(own)) return 'private';
  return family === 4 || is(global) ? 'public' : 'special';
}

/** Returns the URL's host if it is an address and not a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

/** Names of this machine, by RFC 6761. */
const LOCAL_NAME = /(?:^|\.)localhost\.?$/;

/**
 * Returns whether a grant of the URL's origin permits this address for its host. `reachesPrivate` also permits private
 * networks and this machine.
 */
export function permitsAddress(reachesPrivate: boolean, url: URL, address: string): boolean {
  // The policy itself names the address.
  if (literalAddress(url) === address) return true;
  switch (addressKind(address)) {
    case 'public':
      return true;
    case 'loopback':
      return reachesPrivate || LOCAL_NAME.test(url.hostname);
    case 'private':
      return reachesPrivate;
    case 'special':
      return false;
  }
}
