"""Object stores as folders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.storage import mounts

BOTH = mounts.parse("minio://=/minio,s3://=/store/s3")
KEYS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@given(st.sampled_from(["minio://", "s3://"]), KEYS)
def test_a_uri_comes_back(scheme, key):
    assert BOTH.remote(BOTH.local(scheme + key)) == scheme + key


@given(st.sampled_from(["gs://", "/data/", "", "file-"]), KEYS)
def test_what_is_not_under_a_mount_stays(start, key):
    assert BOTH.local(start + key) == start + key


def test_paths_name_folders_of_the_launcher():
    assert BOTH.local("minio://bucket/a/b") == "/minio/bucket/a/b"
    assert BOTH.local("s3://bucket") == "/store/s3/bucket"


def test_a_message_names_the_object_store():
    said = "see /minio/bucket/report.html, not /x/minio/bucket"
    assert BOTH.restored(said) == "see minio://bucket/report.html, not /x/minio/bucket"


def test_a_parameter_may_hold_uris_within_its_text():
    text = '{"base": "minio://bucket/serving", "other": "xs3://y"}'
    assert BOTH.located(text) == '{"base": "/minio/bucket/serving", "other": "xs3://y"}'


def test_only_folders_that_exist_count_by_default():
    assert "minio://" not in mounts.parse("auto").folders  # this machine is no Kubeflow pod
    assert mounts.parse("none").folders == {}


def test_the_text_of_mounts_comes_back():
    assert mounts.parse(BOTH.describe()) == BOTH
    assert mounts.parse(mounts.Mounts({}).describe()) == mounts.Mounts({})


@pytest.mark.parametrize("text", ["", "some", "gs://", "gs://=relative", "gs=/x"])
def test_a_text_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="SKEWGATE_MOUNTS: must be auto, none or pairs"):
        mounts.parse(text)


def test_every_text_in_a_tree_is_mapped():
    tree = {"a": ["minio://x", {"b": "minio://y"}, 1.0, None, True]}
    assert mounts.mapped(tree, BOTH.local) == {
        "a": ["/minio/x", {"b": "/minio/y"}, 1.0, None, True]
    }
