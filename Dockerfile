# Images of the programs. Each target is one image:
#
#   docker build --target hooks --tag octoplane/hooks .
#
#   hooks                           Node and the compiled sources; also makes the hook server's certificate
#   router, sweeper                 the same
#   driver                          the same: stands in for Metacontroller where its image cannot be had
#   workers-api, worker-builder     the same with workerd: they start uploads and builds once before they trust them
#   worker-runtime                  workerd alone: what the images of accounts are built on
#
# All run as uid 65532, need no capability, and write nowhere but to /tmp. Nothing is run in the images themselves while
# they are built, so a builder without privileges is enough (buildah bud --isolation chroot).

# What programs run on: Node 24 or newer.
ARG BASE_IMAGE=node:24-bookworm-slim
# What they are built in: the same with npm and a shell.
ARG BUILD_IMAGE=node:24-bookworm-slim
# What workers run on: glibc 2.27 or newer.
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS lock
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM lock AS build
RUN npm ci --ignore-scripts --omit=optional
COPY . .
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json

# Types, source maps and documentation are two thirds of what the packages hold.
FROM lock AS dependencies
RUN npm ci --ignore-scripts --omit=dev --omit=optional \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.[cm]ts' -o -name '*.map' -o -name '*.md' \) -exec rm {} +

# workerd's binary is an optional dependency of workerd, and so are the Nodes that a machine without Node 24 gets.
FROM lock AS runtime
RUN npm ci --ignore-scripts --omit=dev \
 && mkdir /out \
 && cp "$(node -p 'require("workerd").default')" /out/workerd \
 && chmod 0755 /out/workerd

# What workers and programs fetch over HTTPS is checked against these; slim images lack them.
FROM ${BUILD_IMAGE} AS certificates
RUN test -s /etc/ssl/certs/ca-certificates.crt \
 || (apt-get update && apt-get install -y --no-install-recommends ca-certificates)

FROM ${BASE_IMAGE} AS service
ENV NODE_ENV=production HOST=0.0.0.0 HOME=/tmp
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER 65532:65532

FROM service AS hooks
EXPOSE 8080 8081
CMD ["node", "dist/server/main.js"]

FROM service AS router
EXPOSE 8080 8081
CMD ["node", "dist/services/router/main.js"]

FROM service AS sweeper
CMD ["node", "dist/services/sweeper/main.js"]

FROM service AS driver
EXPOSE 8081
CMD ["node", "dist/local/driver/main.js"]

FROM service AS service-with-workerd
COPY --from=runtime /app/node_modules/@cloudflare ./node_modules/@cloudflare

FROM service-with-workerd AS workers-api
EXPOSE 8080 8081
CMD ["node", "dist/services/workers-api/main.js"]

FROM service-with-workerd AS worker-builder
CMD ["node", "dist/services/worker-builder/main.js"]

# Configuration and code come with the layers of an account's image; its Deployment says what to serve and where.
FROM ${RUNTIME_IMAGE} AS worker-runtime
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=runtime /out/workerd /usr/local/bin/workerd
ENV PATH=/usr/local/bin:/usr/bin:/bin
USER 65532:65532
CMD ["workerd", "--version"]
