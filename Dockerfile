# Remora where Envoy's image has Envoy: /usr/local/bin/envoy, user 101, port 10000, /etc/envoy/envoy.yaml.
#   docker build -t remora . && docker run --rm -p 10000:10000 -v "$PWD/envoy.yaml:/etc/envoy/envoy.yaml:ro" remora

FROM node:26-bookworm-slim AS build
WORKDIR /remora
COPY package.json package-lock.json ./
# The types of the API are made below, when the sources are there.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
ARG REMORA_REVISION=0000000000000000000000000000000000000000
RUN scripts/prepare && npm run build \
  # What runs: the bundle, the API's descriptors, the launchers and the pinned Node. No npm, no node_modules beside it.
  && mkdir -p /image/node_modules \
  && cp -r bin dist config-schema examples package.json LICENSE NOTICE /image/ \
  && find /image/dist -name '*.map' -delete \
  && for runtime in node_modules/node-linux-*; do \
       mkdir -p "/image/$runtime/bin" && cp "$runtime/bin/node" "/image/$runtime/bin/" && cp "$runtime/LICENSE" "/image/$runtime/"; \
     done

FROM debian:bookworm-slim
# What the slim image lacks: Node's own binary needs libatomic, remora-iptables (in an init container) iptables and ip.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libatomic1 iptables iproute2 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 101 envoy && useradd --uid 101 --gid 101 --no-create-home --shell /usr/sbin/nologin envoy \
  && mkdir -p /etc/envoy
COPY --from=build /image /opt/remora
COPY --from=build /image/examples/image.yaml /etc/envoy/envoy.yaml
RUN ln -s /opt/remora/bin/envoy /usr/local/bin/envoy \
  && ln -s /opt/remora/bin/remora /usr/local/bin/remora \
  && ln -s /opt/remora/bin/remora-iptables /usr/local/bin/remora-iptables \
  && ln -s /opt/remora/bin/docker-entrypoint.sh /docker-entrypoint.sh
USER 101:101
EXPOSE 10000
ENTRYPOINT ["/docker-entrypoint.sh"]
CMD ["envoy", "-c", "/etc/envoy/envoy.yaml"]
