# SPDX-License-Identifier: BSD-3-Clause
"""The live page: what is read and served without a lab, and a lab in headless Chromium."""
