using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --opt</c>: the options, grouped; what the file does not say is marked.</summary>
internal static class OptionsView
{
    private const int ValueWidth = 100;

    private static readonly (OptionGroup Group, string Title)[] Groups =
    [
        (OptionGroup.Architecture, "architecture"), (OptionGroup.Embeddings, "embeddings and positions"), (OptionGroup.Layers, "layers"),
        (OptionGroup.Input, "input and preprocessing"), (OptionGroup.Training, "training"), (OptionGroup.Other, "other"),
    ];

    public static void WriteText(TextWriter output, OpenNmtOptions options, bool showAll)
    {
        if (!options.HasFileOptions)
            output.Write("The file has no opt; these are the toolkit's defaults.\n\n");
        var isFirst = true;
        foreach (var (group, title) in Groups)
        {
            var members = options.All.Where(option => option.Group == group).ToList();
            if (members.Count == 0)
                continue;
            output.Write(isFirst ? $"{title}\n" : $"\n{title}\n");
            isFirst = false;
            var table = new TextTable("", "", "");
            foreach (var option in members)
            {
                var value = PlainText.Visible(option.Text);
                table.Add(PlainText.Visible(option.Name), showAll ? value : PlainText.Elide(value, ValueWidth), Mark(option.Origin));
            }

            table.Write(output, "  ");
        }

        foreach (var repair in options.Repairs)
            output.Write($"\nrepaired: {OptionNames.InPlaceOfMembers(repair)}\n");
    }

    public static void WriteJson(JsonText json, OpenNmtOptions options)
    {
        json.BeginObject();
        foreach (var option in options.All)
        {
            json.Name(option.Name).BeginObject().Name("value");
            ObjectView.WriteValue(json, option.Value, new ObjectView.Settings(ShowAll: true));
            json.Name("origin").Text(Mark(option.Origin) is { Length: > 0 } mark ? mark : "file").Name("group").Text(Groups.First(entry => entry.Group == option.Group).Title).EndObject();
        }

        json.EndObject();
    }

    private static string Mark(OptionOrigin origin) => origin switch
    {
        OptionOrigin.Default => "default",
        OptionOrigin.Repair => "repaired",
        _ => "",
    };
}
