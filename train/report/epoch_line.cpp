// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/epoch_line.hpp"

#include <algorithm>
#include <cmath>

#include "data/number_text.hpp"
#include "data/target.hpp"

namespace spinconv::train {
namespace {

// How a line is written; each is shorter than the one before.
struct Form {
  bool compact = false;
  bool rate = true;
  bool time = true;
  bool units = true;
};
constexpr Form forms[] = {{},
                          {.compact = true},
                          {.compact = true, .rate = false},
                          {.compact = true, .rate = false, .time = false},
                          {.compact = true, .rate = false, .time = false, .units = false}};

class Line {
 public:
  explicit Line(Form form) : form_(form) {}

  void add(const std::string& field) {
    if (!field.empty()) {
      text_ += (text_.empty() ? "" : "  ") + field;
    }
  }

  // Errors of training and validation; NaN: not there.
  void add_errors(const std::string& symbol, int width, int decimals, double training,
                  double validation, const std::string& unit) {
    const auto number = [&](double value) {
      return form_.compact ? format("%.4g", value) : format("%*.*f", width, decimals, value);
    };
    std::string field;
    if (form_.compact) {
      field = std::isnan(training)     ? number(validation)
              : std::isnan(validation) ? number(training)
                                       : number(training) + "|" + number(validation);
      field = (symbol.empty() ? "" : symbol + " ") + field;
    } else {
      const auto part = [&](const char* name, double value) {
        if (!std::isnan(value)) {
          field += (field.empty() ? "" : "  ") + std::string(name) + " " +
                   (symbol.empty() ? "" : symbol + " ") + number(value);
        }
      };
      part("train", training);
      part("validation", validation);
    }
    if (!std::isnan(training) || !std::isnan(validation)) {
      add(field + (form_.units ? " " + unit : ""));
    }
  }

  const std::string& text() const { return text_; }

 private:
  Form form_;
  std::string text_;
};

std::string line_of(const EpochRecord& r, const EpochLineOptions& o, Form form) {
  Line line(form);
  line.add(
      format("epoch %*d/%d", static_cast<int>(std::to_string(o.epochs).size()), r.epoch, o.epochs));
  line.add(form.compact ? format("loss %.4g", r.train_loss) : format("loss %9.4f", r.train_loss));
  if (o.validation && std::isnan(r.validation_loss)) {
    line.add("validation loss nan");  // not for want of labels
  }
  const double nothing = EpochRecord::none;
  if (o.target.is_energy()) {
    line.add_errors("F", 7, 2, 1e3 * r.train_force_mae,
                    o.validation ? 1e3 * r.validation_force_mae : nothing, "meV/A");
    const double energy = o.validation ? r.validation_energy_mae_per_atom : r.train_energy_mae;
    if (!std::isnan(energy)) {
      const bool wide = !form.compact;
      line.add((o.validation || !wide ? "E " : "train E ") +
               format(wide ? "%7.3f" : "%.4g", 1e3 * energy) + (form.units ? " meV/atom" : ""));
    }
    const double stress = o.validation ? r.validation_stress_mae : r.train_stress_mae;
    if (o.stress && !std::isnan(stress)) {
      line.add(format(form.compact ? "S %.4g" : "stress %7.3f", 1e3 * stress) +
               (form.units ? " meV/A^3" : ""));
    }
  } else {
    const ShownUnit shown = shown_unit(o.target);
    line.add_errors("", 9, 4, shown.factor * r.train_energy_mae,
                    o.validation ? shown.factor * r.validation_energy_mae_per_atom : nothing,
                    shown.unit);
  }
  if (form.rate) {
    line.add(format("lr %.2e", r.learning_rate));
  }
  if (form.time) {
    line.add(format_duration(r.seconds));
  }
  line.add(o.best ? "*" : "");
  return line.text();
}

// With figures of the usual size: by it the form is chosen, so that it stays from line to line.
EpochRecord usual_record(const EpochRecord& record, const EpochLineOptions& options) {
  const auto usual = [](double value, double shown) {
    return std::isnan(value) ? value : 100.1 / shown;
  };
  const double factor = options.target.is_energy() ? 1e3 : shown_unit(options.target).factor;
  EpochRecord r = record;
  r.epoch = options.epochs;
  r.seconds = 725;  // 12 min 05 s
  r.train_loss = 100.1;
  r.train_energy_mae = usual(r.train_energy_mae, factor);
  r.validation_energy_mae_per_atom = usual(r.validation_energy_mae_per_atom, factor);
  for (double* value : {&r.train_force_mae, &r.validation_force_mae, &r.train_stress_mae,
                        &r.validation_stress_mae}) {
    *value = usual(*value, 1e3);
  }
  return r;
}

}  // namespace

std::string epoch_line(const EpochRecord& record, const EpochLineOptions& options) {
  if (!options.columns) {
    return line_of(record, options, forms[0]);
  }
  const auto room = static_cast<std::size_t>(std::max(*options.columns, 1));
  EpochLineOptions marked = options;
  marked.best = true;
  const EpochRecord usual = usual_record(record, options);
  std::string line;
  for (const Form& form : forms) {
    line = line_of(record, options, form);
    if (line.size() <= room && line_of(usual, marked, form).size() <= room) {
      return line;
    }
  }
  return line.substr(0, room);
}

}  // namespace spinconv::train
