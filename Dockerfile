# One image for web, workers and migrations. For NVIDIA GPUs:
#   docker build --build-arg TORCH=cuda -t tunesmith:cuda .
FROM python:3.12-slim-bookworm AS packages
ARG TORCH=cpu
WORKDIR /build
COPY requirements.lock requirements-torch.lock requirements-s3.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /venv/bin/pip install --no-cache-dir -r requirements-s3.txt \
    && if [ "$TORCH" = cuda ]; then \
         /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-torch.lock; \
       else \
         /venv/bin/pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu \
           --extra-index-url https://pypi.org/simple torch==2.11.0+cpu torchaudio==2.11.0+cpu; \
       fi

FROM python:3.12-slim-bookworm
RUN useradd --uid 1000 --create-home tunesmith \
    && mkdir --parents /data/scratch \
    && chown --recursive 1000 /data
COPY --from=packages /venv /venv
WORKDIR /srv/tunesmith
COPY app app
COPY worker worker
COPY models models
COPY migrations migrations
COPY templates templates
COPY static static
COPY genres genres
COPY pyproject.toml LICENSE ./
# Numba (under librosa) and fonts write caches; the root file system is read-only, so they go to the data volume.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    VAR_DIR=/data \
    TMPDIR=/data/scratch \
    NUMBA_CACHE_DIR=/data/numba
USER 1000
EXPOSE 8090
CMD ["python", "-m", "app.server"]
