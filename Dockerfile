# docker build --tag dragoman .
# docs/hardening.md says how to run it.
ARG NODE_IMAGE=node:20-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

FROM ${NODE_IMAGE}
# bubblewrap and socat are the sandbox of Claude Code's own tools, setpriv (util-linux) ties its processes to the server, and
# tini buries what they leave behind.
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates socat tini util-linux \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN chmod 755 dist/main.js \
  && ln -s /app/dist/main.js /usr/local/bin/dragoman \
  && install -d -o node -g node -m 700 /data
# Other containers and machines reach 0.0.0.0, so it does not start without a key for callers: API_KEY, or a stored one.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 STRICT_PORT=true DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`, { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "dragoman"]
