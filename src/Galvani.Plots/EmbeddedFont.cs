using ScottPlot;
using SkiaSharp;

namespace Galvani.Plots;

/// <summary>DejaVu Sans, embedded: Latin, Cyrillic, Greek and the marks of pieces (▁), whatever is installed.</summary>
internal sealed class EmbeddedFont : IFontResolver
{
    public const string Name = "DejaVu Sans";

    private const string Resource = "DejaVuSans.ttf";

    private static readonly Lazy<byte[]> Bytes = new(Read);

    private static readonly Lazy<SKTypeface> Measured = new(Load);

    private readonly Lazy<SKTypeface> typeface = new(Load);

    private static readonly Lazy<bool> Registered = new(() =>
    {
        ScottPlot.Fonts.FontResolvers.Insert(0, new EmbeddedFont());
        ScottPlot.Fonts.Default = Name;
        return true;
    });

    /// <summary>A style element that declares the font in an SVG file.</summary>
    public static string SvgStyle =>
        $"<style>@font-face{{font-family:'{Name}';src:url(data:font/ttf;base64,{Convert.ToBase64String(Bytes.Value)}) format('truetype');}}</style>";

    /// <summary>The pixels that a text takes in a line.</summary>
    public static float WidthOf(string text, float size)
    {
        using var font = new SKFont(Measured.Value, size);
        return font.MeasureText(text);
    }

    /// <summary>Makes every plot of this process use the font.</summary>
    public static void Register() => _ = Registered.Value;

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => typeface.Value;

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => typeface.Value;

    private static SKTypeface Load() => SKTypeface.FromData(SKData.CreateCopy(Bytes.Value));

    private static byte[] Read()
    {
        using var stream = typeof(EmbeddedFont).Assembly.GetManifestResourceStream(Resource)!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
