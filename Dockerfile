# Images of the services. Each target is one image:
#
#   docker build --target hooks --tag octoplane/hooks .
#
#   hooks, router, sweeper          Node and the compiled sources
#   workers-api, worker-builder     the same with workerd: they start uploads and builds once before they trust them
#   worker-runtime                  workerd alone: what the images of accounts are built on
#
# All run as uid 65532, need no capability, and write nowhere but to /tmp.

# Node 24 or newer, with npm.
ARG BASE_IMAGE=node:24-bookworm-slim
# glibc 2.27 or newer. Nothing is run in it while it is built.
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS lock
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM lock AS build
RUN npm ci --ignore-scripts --omit=optional
COPY . .
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json

FROM lock AS dependencies
RUN npm ci --ignore-scripts --omit=dev --omit=optional

# workerd's binary is an optional dependency of workerd, and so are the Nodes that a machine without Node 24 gets.
FROM lock AS dependencies-with-workerd
RUN npm ci --ignore-scripts --omit=dev \
 && rm -rf node_modules/node-20 node_modules/node-linux-* node_modules/node-bin-*
RUN install -D -m 0755 "$(node -p 'require("workerd").default')" /out/workerd

FROM ${BASE_IMAGE} AS service
ENV NODE_ENV=production HOST=0.0.0.0 HOME=/tmp
WORKDIR /app
COPY package.json ./
USER 65532:65532

FROM service AS service-without-workerd
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist

FROM service AS service-with-workerd
COPY --from=dependencies-with-workerd /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist

FROM service-without-workerd AS hooks
EXPOSE 8080
CMD ["node", "dist/server/main.js"]

FROM service-without-workerd AS router
EXPOSE 8080 8081
CMD ["node", "dist/services/router/main.js"]

FROM service-without-workerd AS sweeper
CMD ["node", "dist/services/sweeper/main.js"]

FROM service-with-workerd AS workers-api
EXPOSE 8080
CMD ["node", "dist/services/workers-api/main.js"]

FROM service-with-workerd AS worker-builder
CMD ["node", "dist/services/worker-builder/main.js"]

# Configuration and code come with the layers of an account's image; its Deployment says what to serve and where.
# What workers fetch over HTTPS is checked against these.
FROM ${BASE_IMAGE} AS certificates
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates

FROM ${RUNTIME_IMAGE} AS worker-runtime
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=dependencies-with-workerd /out/workerd /usr/local/bin/workerd
ENV PATH=/usr/local/bin:/usr/bin:/bin
USER 65532:65532
CMD ["workerd", "--version"]
