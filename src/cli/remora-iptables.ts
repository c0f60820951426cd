// The executable `remora-iptables`, for an init container in the place of istio-iptables.
import { runInitContainer } from './iptables.ts';
import { start, toleratePipes } from './start.ts';

await start(async () => {
  toleratePipes();
  return runInitContainer(process.argv.slice(2));
});
