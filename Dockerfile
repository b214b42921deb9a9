# syntax=docker/dockerfile:1
# Builds the program and leaves only what it needs to run. See docker/compose.yaml for how to start it.

FROM node:24-slim AS build
WORKDIR /app
# Dependencies first: they change less often than the source.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
ENV NODE_ENV=production \
    DUCKBRANCH_HOST=0.0.0.0 \
    DUCKBRANCH_PORT=5439 \
    DUCKBRANCH_HTTP_PORT=5440 \
    DUCKBRANCH_DATA=/data/duckbranch.db
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY docker/healthcheck.mjs ./docker/
# `node` (uid 1000) comes with the image; a named volume takes the owner of this directory when it is first used.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 5439 5440
# SIGTERM drains clients and writes a checkpoint.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "docker/healthcheck.mjs"]
# Listens beyond loopback, so it refuses to start without DUCKBRANCH_PASSWORD or DUCKBRANCH_USERS.
CMD ["node", "dist/cli/duckbranch.cjs", "serve"]
