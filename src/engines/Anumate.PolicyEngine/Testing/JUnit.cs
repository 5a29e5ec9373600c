using System.Text;
using System.Xml;

namespace Anumate.PolicyEngine.Testing;

/// <summary>Test reports as JUnit XML, for build servers.</summary>
public static class JUnit
{
    /// <summary>The document; <paramref name="files"/> are the policies' files and reports.</summary>
    public static string Write(IEnumerable<(string File, PolicyTestReport Report)> files)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("testsuites");
            foreach (var (file, report) in files)
            {
                foreach (var suite in report.Cases.GroupBy(c => c.Test))
                {
                    Suite(xml, file, report, suite);
                }
            }

            xml.WriteEndElement();
        }

        return text.Append('\n').ToString();
    }

    static void Suite(XmlWriter xml, string file, PolicyTestReport report, IGrouping<string, PolicyTestCase> suite)
    {
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", Plain($"{report.Policy}: {suite.Key}"));
        xml.WriteAttributeString("file", Plain(file));
        xml.WriteAttributeString("tests", $"{suite.Count()}");
        xml.WriteAttributeString("failures", $"{suite.Count(c => c.Failure is not null)}");
        foreach (var one in suite)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", report.Policy);
            xml.WriteAttributeString("name", Plain($"{suite.Key}: {one.Name}"));
            xml.WriteAttributeString("line", $"{one.Line}");
            if (one.Failure is { } failure)
            {
                xml.WriteStartElement("failure");
                xml.WriteAttributeString("message", Plain(failure));
                xml.WriteString($"{Plain(file)}:{one.Line}:{one.Column}: {Plain(failure)}");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    /// <summary>XML has no way to say most control characters.</summary>
    static string Plain(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));
}
