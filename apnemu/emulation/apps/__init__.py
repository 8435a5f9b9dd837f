# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Applications in a site: real programs in the hosts' own namespaces, started, watched and ended.

An experiment's stage lists them (`model.activities.Application`): a *service* runs until all *jobs* have ended. A
researcher's own program needs no more than a line of that kind:

    Application(name="server", site="tokyo", role="service", argv=("/path/server",), ready="listens:7000")
    Application(name="client", site="osaka", role="job", argv=("/path/client", "{address:tokyo}"), needs=("server",))

`{address:SITE}`, `{address:SITE:HOST}`, `{folder}` (a disk of the application's own, in which it starts),
`{folder:NAME}` (another application's), `{python}` (this interpreter), `{run}` (the run's folder), `{start}` and
`{start:NS}` (the stage's first instant, or NS later, on the monotonic clock) are filled in. A line of its output that
begins with `@record ` and goes on with a JSON object is kept as a record of kind `application`; everything that it
prints is in the run's folder `apps`.

`supervisor` starts, watches and ends all applications of a stage; `process` is an application that has been started.
The other files are programs of our own that run as applications: `control` control loops, `copies` writes that another
data centre keeps too, `gloo` an all-reduce of torch.distributed, `loading` a job that reads batches from a store,
`migration` a memory image that moves, `postgres` a database and its clients, `storage` a disk lent over NVMe/TCP,
`training` a worker of data-parallel training, `watt` the parties of a day on which work follows power, `zones` a tenant
of light and one who tries to get its data out. `uncopied` drops bytes that three of these programs receive and do not
need.
"""
