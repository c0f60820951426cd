import t from 'tap';
import { explainNoHost } from '../../../src/router/failure.ts';
import { type Cluster, MetadataMatchCriteria } from '../../../src/upstream/api.ts';

function cluster(healthy: number, degraded: number): Cluster {
  const stats = { membershipHealthy: { value: healthy }, membershipDegraded: { value: degraded } };
  return { info: { name: 'shop' }, stats } as unknown as Cluster;
}

t.test('why there is no host', async (t) => {
  const wanted = MetadataMatchCriteria.of({ version: '3', stage: 'dev' });
  t.match(explainNoHost(cluster(0, 0), wanted), /'shop' has no host .* no endpoints, or none of them healthy/);
  t.match(
    explainNoHost(cluster(2, 1), wanted),
    'none of the 3 available hosts of cluster \'shop\' may take the request: it asks for the metadata {"stage":"dev","version":"3"}',
  );
  t.match(explainNoHost(cluster(1, 0), null), /falls back to no host/);
});
