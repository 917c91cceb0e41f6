"""The pages: one file each, server-rendered."""

from flask import Blueprint

blueprints: list[Blueprint] = []
