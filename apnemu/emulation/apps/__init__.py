"""[guest] Applications in a site: real programs in the hosts' own namespaces, started, watched and ended.

An experiment's stage lists them (`model.activities.Application`): a *service* runs until all *jobs* have ended. A
researcher's own program needs no more than a line of that kind:

    Application(name="server", site="tokyo", role="service", argv=("/path/server",), ready="listens:7000")
    Application(name="client", site="osaka", role="job", argv=("/path/client", "{address:tokyo}"), needs=("server",))

`{address:SITE}`, `{address:SITE:HOST}`, `{folder}` (a disk of its own, where it starts), `{folder:NAME}` (another's),
`{python}` (this interpreter), `{run}` (the run's folder), `{start}` and `{start:NS}` (the stage's first instant, and so
much later, on the monotonic clock) are filled in. A line of its output that begins with `@record ` and goes on with a
JSON object is kept as a record of kind `application`; everything that it prints is in the run's folder `apps`.

`supervisor` does all this; the other modules are programs of our own that run as applications.
"""
