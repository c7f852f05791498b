# A member on Python's aiomas, with the program aiomas for health probes. In the repository, after the image town:
#
#   docker build -f deploy/python.Dockerfile -t town-python .
ARG TOWN_IMAGE=town
ARG BASE_IMAGE=python:3.12-slim
FROM ${TOWN_IMAGE} AS town

FROM ${BASE_IMAGE}
COPY interop/python/aiomas_compat /usr/src/aiomas_compat
RUN python3 -c 'import aiomas_compat' 2>/dev/null || python3 -m pip install --no-cache-dir --root-user-action ignore /usr/src/aiomas_compat
COPY --from=town /town /usr/local/bin/aiomas
COPY deploy/town/town.py /srv/town.py
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
EXPOSE 5555
ENTRYPOINT ["python3", "/srv/town.py"]
CMD ["0.0.0.0:5555"]
