# To pin what it stands on: docker compose build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
# Left out, for the image brings both: the embedded PostgreSQL (optional packages) and npm's Node (an install script).
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY . .
RUN mkdir -p /secrets/database /secrets/web /prices /backups && chown -R node:node /secrets /prices /backups
USER node
EXPOSE 3000
ENTRYPOINT ["docker/entrypoint.sh"]
CMD ["up"]
