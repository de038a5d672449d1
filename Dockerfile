# One image for all services; which one it is, is its command. Built from the hash-locked runtime requirements.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /app
COPY locks/runtime.txt locks/
RUN uv venv /venv && uv pip sync --python /venv --require-hashes --no-cache locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY contracts contracts
COPY eventlog eventlog
COPY durable durable
COPY blobs blobs
COPY services services
COPY ops ops
RUN uv pip install --python /venv --no-deps --no-cache .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home playhead && install -d -o playhead /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PLAYHEAD_DATA=/data PLAYHEAD_HOST=0.0.0.0 PLAYHEAD_PORT=8080
USER playhead
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
CMD ["python", "-m", "services.gateway"]
