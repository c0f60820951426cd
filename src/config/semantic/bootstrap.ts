/** Owns the checks of a bootstrap as a whole. */
import type { Bootstrap } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { ConfigContext } from '../context.ts';

export function checkBootstrap(_bootstrap: Bootstrap, _context: ConfigContext): void {}
