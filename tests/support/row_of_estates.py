"""A made-up city in files: five estates in a row, one station out of their reach, four candidates."""

PROJECT = """\
[project]
name = "小城"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "EPSG:4547"
[layers.residences]
path = "residences.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", name = "名称", households = "户数", elders = "老人", status = "状态" }
constants = { setting = "urban" }
[layers.facilities]
path = "facilities.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", name = "名称", kind = "类型", status = "状态", floor_area_m2 = "面积", beds = "床位" }
[layers.candidates]
path = "candidates.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", name = "名称" }
"""

RESIDENCES = """\
编号,名称,户数,老人,东,北,状态
R1,一号院,100,10,500000,3800000,已建
R2,二号院,200,20,500400,3800000,已建
R3,三号院,300,30,500800,3800000,已建
R4,四号院,400,40,503000,3800000,已建
R5,五号院,500,50,509000,3800000,已建
R6,六号院,150,15,497000,3800000,已建
"""

# The station reaches R6 alone.
FACILITIES = """\
编号,名称,类型,状态,面积,床位,东,北
F1,一站,居家养老服务站点,运营,200,0,497100,3800000
"""

# A reaches R1, R2 and R3 (600 households), D only R2 and R3 (500), B R5 (500), C R4 (400).
CANDIDATES = """\
编号,名称,东,北
A,甲地,500400,3800100
B,乙地,509100,3800000
C,丙地,503000,3800100
D,丁地,500700,3800000
"""


def write(folder, more="", **contents):
    """Write the project into a folder, files given anew or added, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "project.toml": PROJECT + more,
        "residences.csv": RESIDENCES,
        "facilities.csv": FACILITIES,
        "candidates.csv": CANDIDATES,
    }
    files |= {key.replace("__", "."): content for key, content in contents.items()}
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder
