"""Embeddings, labels, opinions, playlists and imports."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _track(ondelete: str = "CASCADE", name: str = "") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f(name), ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "embeddings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("track_id", sa.String(length=16), nullable=False),
        sa.Column("embedder", sa.String(length=20), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint", sa.String(length=64), nullable=True),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        _track(name="fk_embeddings_track_id_tracks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embeddings")),
        sa.UniqueConstraint("track_id", "embedder", name=op.f("uq_embeddings_track_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_embeddings_embedder", "embeddings", ["embedder", "checkpoint", "id"], unique=False)
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.bulk_insert(counters, [{"name": "embeddings", "value": 0}])
    op.create_table(
        "track_labels",
        sa.Column("track_id", sa.String(length=16), nullable=False),
        sa.Column("task", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        _track(name="fk_track_labels_track_id_tracks"),
        sa.PrimaryKeyConstraint("track_id", "task", "label", name=op.f("pk_track_labels")),
    )
    op.create_index("ix_track_labels_label", "track_labels", ["label", "probability"], unique=False)
    op.create_table(
        "opinions",
        sa.Column("listener", sa.String(length=64), nullable=False),
        sa.Column("track_id", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        _track(name="fk_opinions_track_id_tracks"),
        sa.PrimaryKeyConstraint("listener", "track_id", name=op.f("pk_opinions")),
    )
    op.create_table(
        "playlists",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlists")),
    )
    op.create_index(op.f("ix_playlists_created"), "playlists", ["created"], unique=False)
    op.create_table(
        "playlist_entries",
        sa.Column("playlist_id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["playlist_id"],
            ["playlists.id"],
            name=op.f("fk_playlist_entries_playlist_id_playlists"),
            ondelete="CASCADE",
        ),
        _track(name="fk_playlist_entries_track_id_tracks"),
        sa.PrimaryKeyConstraint("playlist_id", "place", name=op.f("pk_playlist_entries")),
    )
    op.create_index(op.f("ix_playlist_entries_track_id"), "playlist_entries", ["track_id"], unique=False)
    op.create_table(
        "imported_files",
        sa.Column("job_id", sa.String(length=16), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("track_id", sa.String(length=16), nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_imported_files_job_id_jobs"), ondelete="CASCADE"
        ),
        _track("SET NULL", "fk_imported_files_track_id_tracks"),
        sa.PrimaryKeyConstraint("job_id", "path", name=op.f("pk_imported_files")),
    )
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("artist", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("analysed_with", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("analysis_error", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("analysis_attempts", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_tracks_analysed_with"), ["analysed_with"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tracks_analysed_with"))
        batch_op.drop_column("analysis_attempts")
        batch_op.drop_column("analysis_error")
        batch_op.drop_column("analysed_with")
        batch_op.drop_column("artist")
    of_lists = ("imported_files", "playlist_entries", "playlists", "opinions")
    for table in (*of_lists, "track_labels", "counters", "embeddings"):
        op.drop_table(table)
