"""Small interchanges of several releases, about made-up students."""

import zipfile
from pathlib import Path

NAMESPACES = {
    "1": "http://ed-fi.org/0100",
    "2": "http://ed-fi.org/0220",
    "3": "http://ed-fi.org/3.3.0-a",
    "4": "http://ed-fi.org/4.0.0",
    "5": "http://ed-fi.org/5.2.0",
    "6": "http://ed-fi.org/6.1.0",
}


def interchange(kind: str, records: str, release: str = "5") -> str:
    """Return a file with the records, each of which begins on a line of its own from line 3 on."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Interchange{kind} xmlns="{NAMESPACES[release]}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{records}\n</Interchange{kind}>\n"
    )


def folder(path: Path, files: dict[str, str | bytes]) -> Path:
    """Write the files, which may lie in folders, and return the path."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    """Write the files into a ZIP archive and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def student(number: int, first: str = "Ada", last: str = "Okafor") -> str:
    """Return a student of release 3 or later."""
    return (
        f"<Student><StudentUniqueId>{number}</StudentUniqueId>"
        f"<Name><FirstName>{first}</FirstName><LastSurname>{last}</LastSurname></Name>"
        "<BirthData><BirthDate>2012-05-06</BirthDate></BirthData></Student>"
    )


SECTION_KEYS = """
<SectionReference><SectionIdentity><SectionIdentifier>ALG-1-03</SectionIdentifier>
 <CourseOfferingReference><CourseOfferingIdentity><LocalCourseCode>ALG-1</LocalCourseCode>
  <SchoolReference><SchoolIdentity><SchoolId>701</SchoolId></SchoolIdentity></SchoolReference>
  <SessionReference><SessionIdentity>
   <SchoolReference><SchoolIdentity><SchoolId>701</SchoolId></SchoolIdentity></SchoolReference>
   <SchoolYear>2024-2025</SchoolYear><SessionName>Fall</SessionName>
  </SessionIdentity></SessionReference>
 </CourseOfferingIdentity></CourseOfferingReference>
</SectionIdentity></SectionReference>"""

STUDENT_KEYS = "<StudentReference><StudentIdentity><StudentUniqueId>11</StudentUniqueId></StudentIdentity></StudentReference>"

SCHOOL_KEYS = "<SchoolReference><SchoolIdentity><SchoolId>701</SchoolId></SchoolIdentity></SchoolReference>"

GRADE = f"""<Grade>
 <LetterGradeEarned>B+</LetterGradeEarned><NumericGradeEarned>88</NumericGradeEarned>
 <GradeType>uri://ed-fi.org/GradeTypeDescriptor#Final</GradeType>
 <StudentSectionAssociationReference><StudentSectionAssociationIdentity>
  {STUDENT_KEYS}{SECTION_KEYS}<BeginDate>2024-08-20</BeginDate>
 </StudentSectionAssociationIdentity></StudentSectionAssociationReference>
 <GradingPeriodReference><GradingPeriodIdentity>{SCHOOL_KEYS}
  <GradingPeriod>uri://ed-fi.org/GradingPeriodDescriptor#First Six Weeks</GradingPeriod>
  <GradingPeriodName>1</GradingPeriodName><SchoolYear>2024-2025</SchoolYear>
 </GradingPeriodIdentity></GradingPeriodReference>
 <LearningStandardGrade><LearningStandardReference><LearningStandardIdentity>
  <LearningStandardId>MA.9.1</LearningStandardId></LearningStandardIdentity></LearningStandardReference>
  <LetterGradeEarned>A</LetterGradeEarned></LearningStandardGrade>
</Grade>"""

ASSOCIATION = f"""<StudentEducationOrganizationAssociation>
 {STUDENT_KEYS}
 <EducationOrganizationReference><EducationOrganizationIdentity><EducationOrganizationId>7</EducationOrganizationId>
 </EducationOrganizationIdentity></EducationOrganizationReference>
 <Sex>uri://ed-fi.org/SexDescriptor#Female</Sex>
 <Address><StreetNumberName>1 Elm St</StreetNumberName><City>Maple</City><AddressType>Home</AddressType>
  <Period><BeginDate>2023-01-02</BeginDate></Period></Address>
 <HispanicLatinoEthnicity>false</HispanicLatinoEthnicity>
 <Race>uri://ed-fi.org/RaceDescriptor#Asian</Race><Race>uri://ed-fi.org/RaceDescriptor#White</Race>
 <Language><Language>uri://ed-fi.org/LanguageDescriptor#eng</Language>
  <LanguageUse>uri://ed-fi.org/LanguageUseDescriptor#Home language</LanguageUse></Language>
 <StudentCharacteristic><StudentCharacteristic>Immigrant</StudentCharacteristic></StudentCharacteristic>
 <StudentIdentificationCode><StudentIdentificationSystem>State</StudentIdentificationSystem>
  <IdentificationCode>TX-1</IdentificationCode></StudentIdentificationCode>
</StudentEducationOrganizationAssociation>"""

RELEASE_1 = """<Student id="STU_1">
 <StudentUniqueStateId>11</StudentUniqueStateId>
 <StudentIdentificationCode IdentificationSystem="District" AssigningOrganizationCode="MAPLE"><ID>9</ID>
 </StudentIdentificationCode>
 <Name><FirstName>Ada</FirstName><LastSurname>Okafor</LastSurname></Name>
 <OtherName OtherNameType="Nickname"><FirstName>Addie</FirstName><LastSurname>Okafor</LastSurname></OtherName>
 <Sex>Female</Sex><BirthData><BirthDate>2001-05-06</BirthDate></BirthData>
 <Telephone TelephoneNumberType="Mobile" PrimaryTelephoneNumberIndicator="true">
  <TelephoneNumber>555-0100</TelephoneNumber></Telephone>
 <ElectronicMail EmailAddressType="Home/Personal"><EmailAddress>ada@maple.example</EmailAddress></ElectronicMail>
 <HispanicLatinoEthnicity>true</HispanicLatinoEthnicity>
 <Race><RacialCategory>White</RacialCategory><RacialCategory>Asian</RacialCategory></Race>
 <StudentCharacteristics><Characteristic>Immigrant</Characteristic><BeginDate>2010-01-11</BeginDate>
 </StudentCharacteristics>
</Student>
<Parent id="PAR_1"><ParentUniqueStateId>P1</ParentUniqueStateId>
 <Name><FirstName>Ngozi</FirstName><LastSurname>Okafor</LastSurname></Name></Parent>
<StudentParentAssociation><StudentReference ref="STU_1"/><ParentReference ref="PAR_1"/>
 <Relation>Mother</Relation></StudentParentAssociation>
<StudentSchoolAssociation><StudentReference ref="STU_1"/>
 <SchoolReference><EducationalOrgIdentity><StateOrganizationId>701</StateOrganizationId></EducationalOrgIdentity>
 </SchoolReference><EntryDate>2011-08-20</EntryDate><EntryGradeLevel>Tenth grade</EntryGradeLevel>
 <SchoolYear>2011-2012</SchoolYear></StudentSchoolAssociation>
<CourseTranscript><CreditsEarned CreditConversion="1" CreditType="Carnegie unit"><Credit>0.5</Credit></CreditsEarned>
 <GradeLevelWhenTaken>Tenth grade</GradeLevelWhenTaken></CourseTranscript>"""
