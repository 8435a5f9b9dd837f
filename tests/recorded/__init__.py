# SPDX-License-Identifier: BSD-3-Clause
"""What each experiment makes of records that a lab once wrote, kept here, so that no lab is needed to test it.

A folder for each experiment:

    asked.json       what was asked, and what to spoil in the results so that their verdict fails; written by hand
    records.parquet  what the lab recorded; an experiment that is computed has none
    NETWORK-virtual  captures that rows are made of, where there are any
    rows.json        the results
    answer.json      the answer, the verdict, and the verdict over the spoiled results

`python -m tests.recorded.record NAME` writes all but the first again (`record`); `case` reads them.
"""
