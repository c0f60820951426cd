// covers: envoy.config.core.v3.UdpSocketConfig.{max_rx_datagram_size, prefer_gro}
import t from 'tap';
import { udpDatagramLimit } from '../../../src/listener/udp-datagram-limit.ts';

t.test('the configured size, or 1500; with GRO any', async (t) => {
  t.equal(udpDatagramLimit(undefined, false), 1500);
  t.equal(udpDatagramLimit({ maxRxDatagramSize: 9000n }, false), 9000);
  t.equal(udpDatagramLimit({ maxRxDatagramSize: 200n, preferGro: true }, false), 65_535);
  t.equal(udpDatagramLimit(undefined, true), 65_535);
  t.equal(udpDatagramLimit({ maxRxDatagramSize: 200n }, true), 65_535);
  t.equal(udpDatagramLimit({ preferGro: false }, true), 1500);
});
