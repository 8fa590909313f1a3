using System.Text;
using ScottPlot;
using SkiaSharp;

namespace Galvani.Plots;

/// <summary>A figure, ready to be drawn as PNG or SVG. Text is drawn with an embedded font, so that none need be installed. Not thread-safe.</summary>
public sealed class Figure
{
    private readonly Action<SKCanvas, FigureSize> draw;

    /// <param name="create">Makes the plot for a size: titles, legends and labels are laid out to fit it.</param>
    internal Figure(Func<FigureSize, Plot> create) => draw = (canvas, size) =>
    {
        var plot = create(size);
        DrawOnce(canvas, size, plot.Render);
    };

    /// <param name="create">Makes the plots for a size.</param>
    internal Figure(Func<FigureSize, Multiplot> create) => draw = (canvas, size) =>
    {
        var plots = create(size);
        DrawOnce(canvas, size, plots.Render);
    };

    /// <summary>What the picture cannot show, in words: how many values are not finite, and where the first one stands. Null where it shows everything.</summary>
    public string? Note { get; internal init; }

    /// <summary>The bytes of a PNG file.</summary>
    /// <param name="size">The size in pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    public byte[] ToPng(FigureSize size)
    {
        Check(size);
        using var surface = SKSurface.Create(new SKImageInfo(size.Width, size.Height));
        surface.Canvas.Clear(SKColors.White);
        draw(surface.Canvas, size);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        return data.ToArray();
    }

    /// <summary>The bytes of an SVG file. It carries the font, so that it looks the same on a machine without one.</summary>
    /// <param name="size">The size in pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    public byte[] ToSvg(FigureSize size)
    {
        Check(size);
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, size.Width, size.Height), stream))
        {
            canvas.Clear(SKColors.White);
            draw(canvas, size);
        }

        var svg = Encoding.UTF8.GetString(stream.ToArray());
        var content = svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        return Encoding.UTF8.GetBytes(svg.Insert(content, EmbeddedFont.SvgStyle));
    }

    /// <summary>The bytes of a file whose format its extension tells.</summary>
    /// <param name="path">A path that ends in <c>.png</c> or <c>.svg</c>.</param>
    /// <param name="size">The size in pixels.</param>
    /// <exception cref="ArgumentException">The extension is another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    public byte[] ToFile(string path, FigureSize size)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => ToPng(size),
            ".svg" => ToSvg(size),
            var extension => throw new ArgumentException($"{path} ends in '{extension}', expected .png or .svg.", nameof(path)),
        };
    }

    /// <summary>The drawing library draws a plot twice the first time, to find its layout; that would stand in an SVG file, below what is seen, so the first time goes nowhere.</summary>
    private static void DrawOnce(SKCanvas canvas, FigureSize size, Action<SKCanvas, PixelRect> render)
    {
        using (var nowhere = new SKNoDrawCanvas(size.Width, size.Height))
            render(nowhere, Area(size));
        render(canvas, Area(size));
    }

    private static PixelRect Area(FigureSize size) => new(0, size.Width, size.Height, 0);

    private static void Check(FigureSize size)
    {
        if (!size.IsValid)
            throw new ArgumentOutOfRangeException(nameof(size), $"A figure of {size.Width}x{size.Height} is out of range: {FigureSize.Range}.");
    }
}
