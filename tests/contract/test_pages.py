"""The pages name files, commands and crash points that are there."""
import re
import subprocess

from described import ROOT


def tracked():
    return subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                          check=True).stdout.splitlines()


def test_every_source_file_that_a_page_names_is_there():
    files = tracked()
    pages = [name for name in files if name.endswith(".md")]
    assert "ARCHITECTURE.md" in pages
    missing = []
    for page in pages:
        for name in re.findall(r"`([A-Za-z0-9_./-]+\.(?:c|h|py|sql|yaml|yml|sh|txt|md))`", (ROOT / page).read_text()):
            if not any(file == name or file.endswith("/" + name) for file in files):
                missing.append(f"{page}: {name}")
    # what an installation has, not the tree
    assert [m for m in missing if not m.endswith(("ada.txt", ": policy.yaml"))] == []


def test_every_link_of_a_page_leads_somewhere():
    for page in (name for name in tracked() if name.endswith(".md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text()):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_every_make_target_that_a_page_names_is_there():
    targets = set(re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.M))
    targets = {word for line in targets for word in line.split()}
    for page in (name for name in tracked() if name.endswith(".md")):
        for target in re.findall(r"`make ([a-z-]+)", (ROOT / page).read_text()):
            assert target in targets, f"{page}: make {target}"


def test_points_of_crashes_are_those_of_the_code():
    in_code = set()
    for name in tracked():
        if re.match(r"(common|services)/.*\.c$", name):
            in_code |= set(re.findall(r'(?:crash_point|reached)\((?:[a-z]+, )?"([a-z.-]+)"\)', (ROOT / name).read_text()))
    listed = {line.split()[1] for line in (ROOT / "tests/chaos/points.txt").read_text().splitlines()
              if line.strip() and not line.startswith("#")}
    assert in_code == listed
